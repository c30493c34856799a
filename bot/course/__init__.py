"""The Lessons as a course: a talk over days, from card to quiz, for each learner."""
