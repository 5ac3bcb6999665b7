import type { Clock } from '../../src/platform/clock.js'

/** A clock that runs `speed` times as fast as the machine's and leaps when told: days pass in minutes, and every wait by the clock is over sooner. */
export class LeapingClock implements Clock {
  private leapt = 0
  private readonly startedMs = performance.now()

  constructor(private readonly start: Date, private readonly speed: number) {}

  now(): Date {
    return new Date(this.start.getTime() + this.monotonicMs())
  }

  monotonicMs(): number {
    return this.leapt + (performance.now() - this.startedMs) * this.speed
  }

  /** At once to a time; one that is past already changes nothing. */
  leapTo(time: Date): void {
    this.leapt += Math.max(0, time.getTime() - this.now().getTime())
  }
}
