"""pip, uv, Poetry, PDM, Pipenv, Conda; requirements, pyproject.toml and the lockfiles."""
