"""The table of classes: shares where there are any to take, a dash where there are none."""

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from inkdigits.evaluation.classes import class_rows
from inkdigits.evaluation.metrics import Evaluation


def test_what_there_is_nothing_to_take_a_share_of_is_a_dash() -> None:
    labels = np.array([0, 0, 1, 2, 2])
    read = np.array([0, 0, 2, 2, 3])  # 1 is never read, 3 has no image, 4 neither
    confusion = np.zeros((5, 5), np.int64)
    np.add.at(confusion, (labels, read), 1)
    rows = class_rows(Evaluation(tuple("abcde"), 0.5, confusion))
    # scikit-learn has no number there either, if it is asked for none.
    expected = precision_recall_fscore_support(labels, read, labels=range(5), zero_division=np.nan)
    for place, (name, *scores, support) in enumerate(rows):
        assert (name, support) == ("abcde"[place], str(expected[3][place]))
        for shown, values in zip(scores, expected[:3], strict=True):
            value = values[place]
            assert shown == ("–" if np.isnan(value) else f"{value:.4f}")
    assert rows[4] == ["e", "–", "–", "–", "0"]
