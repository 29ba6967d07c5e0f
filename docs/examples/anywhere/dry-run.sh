pushstep push --candidate app:ci --registry quay.io,ghcr.io --image-name acme/app --tags 1.2.3,latest --dry-run
