"""The audit of the papers: what decides each claim of the ledger, and what it says.

Claims are data (`lohe.reports.ledger`); a check is a function that reads a result file, or computes
for some seconds, and says a word and a sentence of figures. What the word means for the claim
stands in the claim's file.
"""
