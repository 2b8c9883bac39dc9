"""The scores of each class as text, alike wherever they are shown."""

from inkdigits.evaluation.metrics import Evaluation

CLASS_COLUMNS = ("class", "precision", "recall", "F1", "images")
UNDEFINED = "–"


def class_rows(evaluation: Evaluation) -> list[list[str]]:
    """A row a class, as `CLASS_COLUMNS` says; a dash where there is nothing to take a share of.

    A class without images has no recall, one that was never read no precision: 0.0000 would blame
    the network. Names are as they are.
    """
    never_read = (evaluation.confusion.sum(axis=0) == 0).tolist()
    return [
        [
            score.name,
            UNDEFINED if unread else f"{score.precision:.4f}",
            f"{score.recall:.4f}" if score.support else UNDEFINED,
            UNDEFINED if unread and not score.support else f"{score.f1:.4f}",
            f"{score.support:,}",
        ]
        for score, unread in zip(evaluation.scores, never_read, strict=True)
    ]
