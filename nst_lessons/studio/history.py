"""Writes the code that makes a Studio's picture again."""

import pprint
from dataclasses import dataclass, field
from textwrap import indent

from nst_lessons.objective import Weights


@dataclass
class Part:
    """One part of a run: its settings, its first weights, and each change of a weight with its step."""

    content: str
    style: str
    schedule: list[tuple[int, int]]
    style_scale: float
    colours: str
    weights: Weights
    changes: dict[int, dict[str, object]] = field(default_factory=dict)  # {step: fields of Weights set after it}
    steps: int = 0  # taken so far

    def options(self) -> dict:
        """Return the settings as arguments of `transfer`, without content, style, weights and init."""
        return {"schedule": self.schedule, "style_scale": self.style_scale, "colours": self.colours}


def code(parts: list[Part]) -> str:
    """Return a cell's code that makes the picture at the end of `parts`; each part starts from the one before."""
    lines = ["import nst_lessons as nst", ""]
    for number, part in enumerate(parts):
        options = [f"{name}={value!r}" for name, value in part.options().items() if value not in (1.0, "style")]
        options += ["weights=weights"] + (["init=step.image"] if number else [])
        lines.append(f"weights = nst.{part.weights!r}")
        if part.changes:
            lines += ["changes = " + pprint.pformat(part.changes, width=100)]
        lines += [f"for step in nst.transfer({part.content!r}, {part.style!r}, {', '.join(options)}):"]
        body = ["vars(weights).update(changes.get(step.index, {}))"] if part.changes else []
        body += [f"if step.index == {part.steps}:", "    break"]
        lines += [indent("\n".join(body), "    "), ""]
    return "\n".join([*lines, 'nst.save_image(step.image, "painting.png")'])
