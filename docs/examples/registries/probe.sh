pushstep plan --probe --candidate app:ci --tags ghcr.io/acme/app:1.2.3,quay.io/acme/app:1.2.3
