docker run --rm -v /var/run/docker.sock:/var/run/docker.sock -v ~/.docker:/root/.docker:ro \
  ghcr.io/owner/pushstep:1 push --candidate app:ci --registry registry.example.com --image-name team/app --tags 1.2,1.2.3
