"""Quizzes: the paper is drawn and frozen, answers are saved as steps, the server's clock counts."""
