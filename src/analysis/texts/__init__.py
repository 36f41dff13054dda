"""Documents as passages, counts and hashed words, from the publisher's page to the features.

It imports core and data.
"""
