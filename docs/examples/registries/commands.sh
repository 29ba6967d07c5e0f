pushstep validate --registries registries.yml # The names of its variables, and all that is wrong with it.
pushstep push --registries registries.yml --candidate app:ci --image-name app --tag 1.2 # Goes to team.
pushstep push --registries registries.yml --registry team,prod --candidate app:ci --image-name app --tag 1.2
