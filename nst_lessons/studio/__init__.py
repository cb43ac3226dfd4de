"""The Studio: sliders that steer a running stylisation (lesson 05), and the brush for regions."""

from nst_lessons.studio.brush import paint_mask
from nst_lessons.studio.studio import Studio

__all__ = ["Studio", "paint_mask"]
