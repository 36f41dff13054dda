"""The rules that the tables obey together, and the command `check`.

It imports core to charts.
"""
