"""Papers likely to matter to a person: a linear model over words, authors and categories.

    examples -> training.train(examples, vectors) -> weights of features, and how good they are
    weights, a paper -> features.Weights.score -> a number, and the reasons in words

It knows no person and reads no row of anybody: `accounts.library.for_you` gives it examples. The
popularity of a paper is no feature.
"""
