pushstep validate pipeline.yml
# A CI gives the last two by itself; on your own machine nobody does.
pushstep plan --step pipeline.yml --variables build_image=app:ci \
  --variables CF_BRANCH_TAG_NORMALIZED=main --variables CF_SHORT_REVISION=0123abc
