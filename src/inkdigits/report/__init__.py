"""One page about a model: what it reads rightly, how sure it is, what it looks at, what fools it.

findings = measure(open_model(path), dataset)
page, numbers = report_page(findings), report_numbers(findings)
"""

from inkdigits.report.measure import Findings, Settings, measure
from inkdigits.report.numbers import report_numbers
from inkdigits.report.page import report_page

__all__ = ["Findings", "Settings", "measure", "report_numbers", "report_page"]
