"""Models and datasets from ModelScope, Hugging Face, or any git server with LFS.

Which library is used where, and why:

* ``modelscope_hub`` lists a repository and transfers its files: it resumes, retries, obeys Retry-After, and checks
  length and SHA-256. It is the hub part of modelscope (1 MB); ``modelscope`` itself, which brings the training's
  packages, is only in the training runtime.
* ``huggingface_hub`` lists a repository, and gives addresses and headers; ``requests``, as in ``modelscope_hub``, gets
  the files. The SDK's own downloads forget what a cut left, compare no hash, and reach half of curl's speed:
  :mod:`core.tools.hub.huggingface` has the figures.
* ``git`` and ``git-lfs`` are the user's own programs.

All of it runs in a process of its own (``tunesmith fetch``, started by :mod:`core.stages.hub_files`), since no SDK can
be stopped from outside while it waits or retries: a stop ends the process, and what is there stays for the next one.
"""
