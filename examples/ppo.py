"""Proximal policy optimization balances a pole on a cart; the physics is written out in NumPy."""

from __future__ import annotations

import math

import numpy as np

import lamina as lm
from lamina import nn
from lamina.distributions import Categorical

CARTS = 16
STEPS = 128  # of each cart between two updates
UPDATES = 40
EPOCHS, BATCH = 10, 256
GAMMA, LAMBDA = 0.99, 0.95
CLIP, ENTROPY_WEIGHT, VALUE_WEIGHT = 0.2, 0.01, 0.5
TIME_LIMIT, GOAL = 500, 475.0


class Carts:
    """Carts that are pushed left or right; an episode ends when the pole falls or time is up."""

    gravity, half_length, pole_mass, total_mass = 9.8, 0.5, 0.1, 1.1
    push, tick = 10.0, 0.02
    widest, steepest = 2.4, math.radians(12)

    def __init__(self, count: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.state = self.rng.uniform(-0.05, 0.05, (count, 4))
        self.age = np.zeros(count, int)

    def step(self, action: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Push every cart; return which poles fell, where time was up, and finished lengths."""
        _, speed, angle, spin = self.state.T
        force = np.where(action == 1, self.push, -self.push)
        sin, cos = np.sin(angle), np.cos(angle)
        drive = (force + self.pole_mass * self.half_length * spin**2 * sin) / self.total_mass
        inertia = self.half_length * (4 / 3 - self.pole_mass * cos**2 / self.total_mass)
        turning = (self.gravity * sin - cos * drive) / inertia
        pushing = drive - self.pole_mass * self.half_length * turning * cos / self.total_mass
        self.state = self.state + self.tick * np.stack([speed, pushing, spin, turning], 1)
        self.age += 1
        fell = (abs(self.state[:, 0]) > self.widest) | (abs(self.state[:, 2]) > self.steepest)
        return (
            fell,
            (self.age >= TIME_LIMIT) & ~fell,
            self.age[fell | (self.age >= TIME_LIMIT)].tolist(),
        )

    def restart(self, done: np.ndarray) -> None:
        """Put new poles where an episode is done."""
        self.state[done] = self.rng.uniform(-0.05, 0.05, (int(done.sum()), 4))
        self.age[done] = 0


class ActorCritic(nn.Module):
    """What to do, and how long the pole will stand."""

    def __init__(self) -> None:
        super().__init__()
        self.actor = nn.Sequential(
            nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2)
        )
        self.critic = nn.Sequential(
            nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)
        )
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.orthogonal_(module.weight, math.sqrt(2))
                nn.init.zeros_(module.bias)
        nn.init.orthogonal_(self.actor[-1].weight, 0.01)

    def forward(self, state: lm.Tensor) -> tuple[Categorical, lm.Tensor]:
        return Categorical(logits=self.actor(state)), self.critic(state).squeeze(-1)


def observe(state: np.ndarray) -> lm.Tensor:
    return lm.from_numpy(state.astype(np.float32))


def play(model: ActorCritic, carts: Carts) -> tuple[list[lm.Tensor], list[int]]:
    """Play some steps; return states, actions, their log-probabilities, advantages, returns."""
    states, actions, log_probs, values, rewards, alive = [], [], [], [], [], []
    finished: list[int] = []
    with lm.no_grad():
        for _ in range(STEPS):
            state = observe(carts.state)
            policy, value = model(state)
            action = policy.sample()
            fell, timed_out, lengths = carts.step(action.numpy())
            reward = np.ones(CARTS, np.float32)
            if timed_out.any():  # the pole would have stood on
                reward += GAMMA * timed_out * model(observe(carts.state))[1].numpy()
            states.append(state)
            actions.append(action)
            log_probs.append(policy.log_prob(action))
            values.append(value)
            rewards.append(lm.from_numpy(reward.astype(np.float32)))
            alive.append(lm.from_numpy((~(fell | timed_out)).astype(np.float32)))
            finished += lengths
            carts.restart(fell | timed_out)
        _, after = model(observe(carts.state))
        advantage, advantages = lm.zeros(CARTS), []
        for t in reversed(range(STEPS)):
            surprise = rewards[t] + GAMMA * after * alive[t] - values[t]
            advantage = surprise + GAMMA * LAMBDA * alive[t] * advantage
            advantages.insert(0, advantage)
            after = values[t]
    gained = lm.cat(advantages)
    return [
        lm.cat(states),
        lm.cat(actions),
        lm.cat(log_probs),
        gained,
        gained + lm.cat(values),
    ], finished


def update(model: ActorCritic, optimizer: lm.optim.Optimizer, played: list[lm.Tensor]) -> None:
    """Make what went better than expected likelier, but not by much."""
    count = len(played[0])
    for _ in range(EPOCHS):
        for index in lm.randperm(count).split(BATCH):
            state, action, old_log_prob, advantage, target = (x[index] for x in played)
            policy, value = model(state)
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
            ratio = (policy.log_prob(action) - old_log_prob).exp()
            clipped = ratio.clamp(1 - CLIP, 1 + CLIP)
            policy_loss = -lm.min(ratio * advantage, clipped * advantage).mean()
            value_loss = nn.functional.mse_loss(value, target)
            loss = (
                policy_loss + VALUE_WEIGHT * value_loss - ENTROPY_WEIGHT * policy.entropy().mean()
            )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()


def main() -> None:
    lm.manual_seed(0)
    model, carts = ActorCritic(), Carts(CARTS, seed=0)
    optimizer = lm.optim.Adam(model.parameters(), lr=1e-3, eps=1e-5)
    lengths: list[int] = []
    for number in range(1, UPDATES + 1):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * (1 - (number - 1) / UPDATES)
        played, finished = play(model, carts)
        update(model, optimizer, played)
        lengths += finished
        recent = lengths[-20:]
        print(f"update {number:3d}  episodes {len(lengths):5d}  mean return {np.mean(recent):6.1f}")
    assert np.mean(lengths[-20:]) >= GOAL


if __name__ == "__main__":
    main()
