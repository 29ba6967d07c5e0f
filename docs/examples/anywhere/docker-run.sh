# The password is in the variable PUSHSTEP_PASSWORD, never on a command line.
docker run --rm -v /var/run/docker.sock:/var/run/docker.sock -e PUSHSTEP_PASSWORD ghcr.io/owner/pushstep:1 \
  push --candidate app:ci --tags registry.example.com/team/app:1.2.3 --username bot
