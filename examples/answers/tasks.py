"""What the page asks for, shared by the web process and the worker: `backstage worker examples.answers.tasks`."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel

from backstage import TaskContext, TaskType


class Question(BaseModel):
    text: str


class Answer(BaseModel):
    text: str
    words: int


ANSWER = TaskType("question:answer", Question, Answer, timeout=60, max_attempts=3)


@ANSWER.handler
async def answer(question: Question, context: TaskContext) -> Answer:
    """Stands for a language model: one word after another."""
    words = f"You asked: {question.text}".split()
    for number, word in enumerate(words, start=1):
        await context.emit({"word": word})
        await context.progress(number / len(words))
        await asyncio.sleep(0.02)
    return Answer(text=" ".join(words), words=len(words))
