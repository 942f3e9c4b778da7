"""The blocks of pages. A block knows no learner; only its chooser's batch asks the database."""

from content.blocks.streams import AimsBlock, ClassPlanBlock, HomeBlock, LessonBlock

__all__ = ["AimsBlock", "ClassPlanBlock", "HomeBlock", "LessonBlock"]
