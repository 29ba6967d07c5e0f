# Where the image is: into a folder that holds all of it, under its tags.
pushstep push --candidate app:ci --registry oci:carried/app --tags 1.2.3,latest
tar -cf carried.tar carried
# Where the registry is, and nothing else can be reached:
tar -xf carried.tar
pushstep push --candidate oci:carried/app:1.2.3 --registry registry.example.com --image-name team/app --tags 1.2.3,latest
