pushstep validate pipeline.yml
pushstep plan --step pipeline.yml --variables build_image=app:ci
