docker build -t pushstep . # In a checkout of this repository.
docker run -d --name trial -p 127.0.0.1:5000:5000 registry:2
docker run --rm -v /var/run/docker.sock:/var/run/docker.sock pushstep \
  push --candidate pushstep --tags localhost:5000/acme/app:1.2.3,localhost:5000/acme/app:latest
curl http://localhost:5000/v2/acme/app/tags/list
docker rm -fv trial
