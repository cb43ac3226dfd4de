"""The Studio: sliders that steer a running stylisation (lesson 05), the brush for regions, and the camera (lessons 08, 09)."""

from nst_lessons.studio.brush import paint_mask
from nst_lessons.studio.camera import Camera
from nst_lessons.studio.studio import Studio

__all__ = ["Camera", "Studio", "paint_mask"]
