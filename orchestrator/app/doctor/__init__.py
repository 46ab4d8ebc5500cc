"""`doctor`: whether this machine, and what runs on it, is fit for a topology. Looks, and changes nothing.

One module for each topic; a check is a value with a fact and a remedy.
"""
