// The page: what is drawn or dropped is read by the service, and shown.

import "./drawing.js";
import "./photo.js";

// Tests and benchmarks wait for this: from here on the page hears what is done to it.
document.documentElement.dataset.ready = "true";
