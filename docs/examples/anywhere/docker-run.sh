export PUSHSTEP_USERNAME=bot PUSHSTEP_PASSWORD # The password is in the environment already, not on a command line.
docker run --rm -v /var/run/docker.sock:/var/run/docker.sock -e PUSHSTEP_USERNAME -e PUSHSTEP_PASSWORD \
  ghcr.io/owner/pushstep:1 push --candidate app:ci --tags registry.example.com/team/app:1.2.3
