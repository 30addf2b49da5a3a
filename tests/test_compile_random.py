"""Random programs, recorded and replayed with other inputs, leave the bits of eager runs."""

import pytest
from random_programs import Program

import lamina as lm

CALLS = 4  # of which the first records
QUICK = 120


@pytest.fixture(autouse=True)
def restore_threads():
    before = lm.get_num_threads()
    yield
    lm.set_num_threads(before)


def bits(tensors):
    return [(tuple(x.shape), x.dtype, x.detach().numpy().tobytes()) for x in tensors]


def runs(seed, threads, compiled):
    """Yield what each call returns and changes, or the error that it raises."""
    lm.set_num_threads(threads)
    program = Program(seed)
    call = lm.compile(program) if compiled else program
    kept = []
    for number in range(CALLS):
        inputs = program.inputs(number)
        try:
            results = call(*inputs)
        except (RuntimeError, ValueError) as error:
            yield str(error).partition(":")[0]  # what follows are counts of changes
            return
        kept.append(results)
        yield bits([*results, *inputs, *program.state()])
    yield [bits(results) for results in kept]  # those of earlier calls stay as they were


def check(seed):
    expected = list(runs(seed, 1, compiled=False))
    for threads in (1, 2):
        for number, found in enumerate(runs(seed, threads, compiled=True)):
            assert found == expected[number], f"seed {seed}, {threads} threads, call {number}"


@pytest.mark.parametrize("part", range(4))
def test_random_programs(part):
    for seed in range(part, QUICK, 4):
        check(seed)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("part", range(8))
def test_more_random_programs(part):
    for seed in range(QUICK + part, 4000, 8):
        check(seed)
