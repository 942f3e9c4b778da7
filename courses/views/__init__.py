"""Pages of learning: the course, its lessons, its scenario. Quizzes and classes have their own."""
