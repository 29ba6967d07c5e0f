pushstep validate pipeline.yml # Needs nothing but the file.
export CF_BRANCH=main CF_BRANCH_TAG_NORMALIZED=main # In a CI they are there.
pushstep plan --step pipeline.yml --variables build=app:ci # Says what would go where, and as whom.
pushstep push --step pipeline.yml --variables build=app:ci
pushstep schema > step.schema.json # For editors, as in the first line above.
