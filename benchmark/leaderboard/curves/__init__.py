"""Tables side by side: by a setting of an entry's variants, by an amount, by what trained.

In: tables. Out: curves and transfers, made of scores of those tables; nothing is computed twice.
"""
