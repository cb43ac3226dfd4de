"""A line of text in a chooser, onto which a picture's file can be dropped. Its browser side is drop.js."""

import traitlets

from nst_lessons.studio.browser import BrowserWidget, browser_side
from nst_lessons.studio.uploads import LARGEST


class Drop(BrowserWidget):
    """Sends a message for each drop onto the chooser around it; `uploads.dropped` reads it."""

    _esm = browser_side("drop.js")
    largest = traitlets.Int(LARGEST).tag(sync=True)  # bytes; of a larger file only name and size are sent
