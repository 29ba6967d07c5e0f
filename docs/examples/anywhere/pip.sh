pip install git+https://github.com/OWNER/pushstep@v1
image=$(pushstep push --candidate app:ci --tags registry.example.com/team/app:1.2.3)
echo "pushed $image"
