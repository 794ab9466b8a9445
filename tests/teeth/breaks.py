"""Deliberate breaks, each of which some test must catch."""

from __future__ import annotations

import attrs


@attrs.frozen
class Break:
    """One rule broken by one replacement.

    Attributes:
        name: what is wrong then.
        module: the module that is changed, by its name in ``trial.MODULES``.
        old: what stands there, exactly once.
        new: what stands there then.
    """

    name: str
    module: str
    old: str
    new: str

    def apply(self, source: str) -> str:
        """Return the source of the module, broken."""
        return source.replace(self.old, self.new)


BREAKS = (
    # Asking.
    Break("no query is merged", "rounds", "known.setdefault(question, new)", "new"),
    Break(
        "effects are merged like queries",
        "rounds",
        "new if isinstance(question, Effect) else known",
        "known",
    ),
    Break(
        "queries of two types are merged",
        "rounds",
        "known.setdefault(question, new)",
        "known.setdefault(str(question).partition('(')[2], new)",
    ),
    Break(
        "answers are remembered across rounds",
        "rounds",
        "        answers = list(source.fetch(asks))\n",
        "        memory = globals().setdefault('memory', {})\n"
        "        answers = [\n"
        "            memory.setdefault((id(source), repr(ask.question)), (source, answer))[1]\n"
        "            for ask, answer in zip(asks, source.fetch(asks), strict=True)\n"
        "        ]\n",
    ),
    Break("askers get each other's answers", "rounds", "answers[index]", "answers[-1 - index]"),
    Break(
        "a question is degradable if one asker says so",
        "rounds",
        "elif not each.degrades(position):",
        "elif each.degrades(position):",
    ),
    Break(
        "the last step asks first",
        "state",
        "sorted(self._asking.items())",
        "sorted(self._asking.items(), reverse=True)",
    ),
    Break(
        "the last item asks first",
        "rounds",
        "for each in runs for position, asked in each.asking()",
        "for each in reversed(runs) for position, asked in each.asking()",
    ),
    Break("a run may ask one round too many", "rounds", "MAX_ROUNDS = 1000", "MAX_ROUNDS = 1001"),
    # Sources that break their contract.
    Break(
        "too many answers go unnoticed",
        "rounds",
        "if len(answers) != len(asks):",
        "if len(answers) < len(asks):",
    ),
    Break(
        "what is no answer goes unnoticed",
        "rounds",
        "if not all(map(isinstance, answers, repeat(Answered))):",
        "if not answers:",
    ),
    Break(
        "a broken source ends only the first run",
        "rounds",
        "for each in {id(each): each for each, _, _ in asking}.values():",
        "for each in [asking[0][0]]:",
    ),
    Break(
        "a broken source ends a run at its last step",
        "state",
        "position = min(self._asking)\n        _close(",
        "position = max(self._asking)\n        _close(",
    ),
    # Many.
    Break(
        "runs with effects share rounds",
        "rounds",
        "size = 1 if pipeline.has_effects else chunk",
        "size = chunk",
    ),
    Break(
        "runs without effects share no rounds",
        "rounds",
        "size = 1 if pipeline.has_effects else chunk",
        "size = 1",
    ),
    Break(
        "outcomes come in another order",
        "rounds",
        "yield from (each.outcome() for each in runs)",
        "yield from (each.outcome() for each in reversed(runs))",
    ),
    # Waiting.
    Break("gates hold nothing up", "definition", "*gates[-1:], *previous", "*previous"),
    Break(
        "plain gates hold nothing up",
        "definition",
        "if other.kind is not StepKind.PLAIN]",
        "if other.kind is StepKind.EFFECT]",
    ),
    Break(
        "effect steps are no gates",
        "definition",
        "if other.kind is not StepKind.PLAIN]",
        "if other.kind is StepKind.GATE]",
    ),
    Break(
        "effect steps wait as plain ones do",
        "definition",
        "if step.kind is StepKind.EFFECT:\n        return",
        "if step is None:\n        return",
    ),
    Break(
        "a writer does not wait for earlier writers",
        "definition",
        "for field in step.reads | step.writes for w",
        "for field in step.reads for w",
    ),
    Break(
        "a stash is filled by the first writer",
        "definition",
        "max(_writers(steps[:position], field), default=BEFORE)",
        "min(_writers(steps[:position], field), default=BEFORE)",
    ),
    Break(
        "a step does not wait for the previous one's value",
        "definition",
        "[position - 1] if step.prev and position else []",
        "[]",
    ),
    # Who decides.
    Break(
        "END goes on with the next step", "state", "if value.skip_to is SkipTo.END:", "if False:"
    ),
    Break(
        "the first decision in time stands",
        "state",
        "        self._decider, self._error = position, error\n",
        "        if self._decider == len(self._fates):\n"
        "            self._decider, self._error = position, error\n",
    ),
    Break(
        "steps start after what was decided before them",
        "state",
        "if planned.position < self._decider:",
        "if place.position != self._decider:",
    ),
    Break(
        "dropped steps ask on",
        "state",
        "                    self._asked_in_vain[later] = self._asking.pop(later)\n",
        "                    pass\n",
    ),
    Break(
        "dropped steps stay open",
        "state",
        "_close(self._coroutines[later])",
        "pass",
    ),
    Break(
        "answers to dropped steps are handed on",
        "state",
        "        if asked is None:\n            return\n",
        "",
    ),
    Break(
        "the pipeline's error is not the step's that ended it",
        "state",
        "self._decide(position, Fate.ENDED, None)",
        "self._decide(position, Fate.ENDED, self._error)",
    ),
    # What counts.
    Break(
        "later writes show in the final stash",
        "state",
        "if writer <= self._decider:",
        "if self._stashes[writer] is not None:",
    ),
    Break(
        "a failing step's writes are lost",
        "state",
        "if writer <= self._decider:",
        "if writer < self._decider:",
    ),
    Break(
        "dropped steps' warnings count",
        "state",
        "        counting = [each for each in counting if each[0] <= self._decider]\n",
        "",
    ),
    Break(
        "a failing step's warnings are lost",
        "state",
        "each[0] <= self._decider",
        "each[0] < self._decider",
    ),
    Break(
        "the error that a step failed with is a warning too",
        "state",
        "if failed_with:",
        "if False:",
    ),
    Break(
        "warnings come as they are told",
        "state",
        "sorted(self._warnings, key=itemgetter(0))",
        "self._warnings",
    ),
    Break(
        "whatever the error, it is a warning",
        "state",
        "if isinstance(error, Unavailable):",
        "if isinstance(error, Exception):",
    ),
    # What a step sees.
    Break(
        "prev is that of the step before", "state", "_values[position - 1]", "_values[position - 2]"
    ),
    Break("prev is there undeclared", "state", "        if step.prev:\n", "        if True:\n"),
    Break(
        "undeclared fields can be read",
        "state",
        "stashes[position] = planned.view()",
        "stashes[position] = type('view', (place.view,), {'__getattr__': "
        "lambda _, field: getattr(self._stashes[BEFORE], field)})()",
    ),
    Break("undeclared fields can be written", "steps", '"__slots__": slots, ', ""),
    Break(
        "fields that are only read can be written",
        "steps",
        "property(attrgetter(slot_of(field)), refuse)",
        "property(attrgetter(slot_of(field)), "
        "lambda stash, value: setattr(stash, slot_of(field), value))",
    ),
    # Misuse and bugs.
    Break(
        "misuse is raised in the step",
        "state",
        "        _close(self._coroutines[position])\n"
        "        self._fail(position, PipelineMisuse(name, type(question).__name__, problem))",
        "        error = PipelineMisuse(name, type(question).__name__, problem)\n"
        "        self._resume(self._plan[position], self._coroutines[position].throw, error)",
    ),
    Break(
        "an unknown question is raised in the step",
        "state",
        "if isinstance(error, UnknownQuestion):",
        "if error is None:",
    ),
    Break(
        "plain steps perform effects",
        "state",
        'return None if kind is StepKind.EFFECT else "only an effect step performs effects"',
        "return None",
    ),
    Break("unhashable queries go out", "state", 'return "a query must be hashable"', "return None"),
    Break(
        "error answers keep the cause that a step gave them",
        "state",
        "    error.__cause__ = cause\n",
        "",
    ),
    Break(
        "error answers keep the steps that they were raised in",
        "state",
        "for error, cause in self._errors:",
        "for error, cause in ():",
    ),
    Break(
        "tracebacks lead through the engine",
        "state",
        "traceback.tb_next if traceback else None",
        "traceback",
    ),
    # Before and after.
    Break(
        "an early return in before skips nothing",
        "state",
        "self._decider, value = BEFORE, value.value",
        "value = value.value",
    ),
    Break(
        "steps start though before failed",
        "state",
        'self._decider, self._error = BEFORE, _as_error("before", error)',
        'self._error = _as_error("before", error)',
    ),
    Break(
        "after is skipped on END",
        "state",
        "if self._pipeline.after is None:",
        "if self._pipeline.after is None or Fate.ENDED in self._fates:",
    ),
    Break(
        "after runs though a step failed",
        "state",
        "self._result(stash) if self._error is None else None",
        "self._result(stash)",
    ),
    Break(
        "END's value is lost",
        "state",
        "self._values[min(self._decider, len(self._fates) - 1)]",
        "self._values[len(self._fates) - 1]",
    ),
    Break(
        "a step's early return is its value as it stands",
        "state",
        "self._values[position] = value.value",
        "self._values[position] = value",
    ),
    # The trace, recording and replay.
    Break(
        "the questions of dropped steps leave no trace",
        "state",
        "        self._answered.append(\n",
        "        (self._answered if dropped is None else []).append(\n",
    ),
    Break(
        "a degraded step has not failed or ended",
        "state",
        "if self._fates[position] in {Fate.RAN, Fate.RETURNED_EARLY}:",
        "if True:",
    ),
    Break(
        "a dropped step was not reached",
        "state",
        "self._fates[later] = Fate.DROPPED",
        "self._fates[later] = Fate.NOT_REACHED",
    ),
    Break(
        "all rounds are the first",
        "rounds",
        "_ask_round(asking, source, number)",
        "_ask_round(asking, source, 0)",
    ),
    Break("no question has been saved", "rounds", "shared=shared", "shared=False"),
    Break("a replay repeats itself", "recording", "                del self.left[index]\n", ""),
    # The definition of a query.
    Break(
        "a field needs no validator", "question", "if field.validator is None:", "if field is None:"
    ),
    Break(
        "True passes for 1", "question", "type(value) not in types", "not isinstance(value, types)"
    ),
    # The command between the engine and AppSync, and who may call.
    Break(
        "a fan may ask for those whose ids begin like theirs",
        "authorization",
        "caller.sub != owner and",
        "not owner.startswith(str(caller.sub)) and",
    ),
    Break(
        "later fields of a batch have the time that is over",
        "app",
        "calls, expires_at - self.clock())",
        "calls, time_left_s)",
    ),
    Break(
        "the client's request id is not taken",
        "app",
        "request_id = asked_id or self.mint()",
        "request_id = self.mint()",
    ),
    # Shared answers, warnings, contexts.
    Break(
        "each asker of a shared question is billed its calls",
        "state",
        "0 if shared else answered.calls",
        "answered.calls",
    ),
    Break(
        "a context takes any attribute", "steps", '    __slots__ = ("args", "prev", "stash")\n', ""
    ),
    Break(
        "the first warning that equals the failure is lost, not the last",
        "state",
        "            counting.reverse()\n            counting.remove(failed_with[-1])",
        "            counting.remove(failed_with[-1])\n            counting.reverse()",
    ),
    # The adapters.
    Break(
        "all adapters share the first's threads",
        "sources",
        "self.executors[number % len(self.executors)]",
        "self.executors[0]",
    ),
    Break(
        "one attempt too many is counted",
        "retries",
        'return int(retrying.statistics["attempt_number"])',
        'return int(retrying.statistics["attempt_number"]) + 1',
    ),
    Break(
        "a batch read has the time of its least patient question",
        "dynamodb",
        "max(ask.expires_at for ask in asks)",
        "min(ask.expires_at for ask in asks)",
    ),
    Break(
        "the last lookup of a table decides whether its read is consistent",
        "dynamodb",
        "].consistent |= self",
        "].consistent = self",
    ),
    Break(
        "rivals write at once again",
        "dynamodb",
        "        pause(write.attempt(effect), self.wait)\n",
        "",
    ),
    # The consumers.
    Break("a consumer gives up early", "consumers", "MAX_ATTEMPTS = 6", "MAX_ATTEMPTS = 5"),
    Break("a consumer gives up late", "consumers", "MAX_ATTEMPTS = 6", "MAX_ATTEMPTS = 7"),
)
