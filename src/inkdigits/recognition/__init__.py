"""Reading digits: from ink to values with a confidence, or to a refusal. Never imports torch."""
