make demo # Builds an image, starts a registry, pushes with the pushstep container, shows what is there then.
make test # Runs every suite against a real Docker daemon, real registries and real workflow runners.
