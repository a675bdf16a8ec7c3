"""Trained models that outlive their run: train one and keep it, use it on files of the user.

In: a task, one fold of a split, an entry; later files of the user. Out: a folder with the model and
a description of it; arrays. Both fitting and answering run in the sandbox, like all code of an
entry; nothing of the model is read outside of it.
"""
