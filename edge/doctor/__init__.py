"""`edge doctor`: looks whether all that the daemon needs is there, and says what to do where it is not.

Each module is one subject: it gathers facts, from folders and programs that are its arguments, and judges them.
Read `doctor.py` first.
"""
