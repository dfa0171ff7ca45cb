interface Change {
  at: number;
  by: 1 | -1;
}

/**
 * What clients believe, in the order of one clock: a client holds a seat from the moment it has read the grant until the
 * moment it sends the release. Wherever a server counts differently, two clients hold one seat at once here.
 */
export class SeatHistory {
  private readonly changes: Change[] = [];

  /** Call when the grant has been read. The answer ends it: call that before the release is sent. */
  hold(): () => void {
    this.changes.push({ at: performance.now(), by: 1 });
    return () => this.changes.push({ at: performance.now(), by: -1 });
  }

  get grants(): number {
    return this.changes.filter((change) => change.by === 1).length;
  }

  /** The most seats held at any instant. */
  get peak(): number {
    let held = 0;
    let peak = 0;
    // Ends first: a seat given back and one taken at the same instant do not overlap.
    for (const change of this.changes.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
      held += change.by;
      peak = Math.max(peak, held);
    }
    return peak;
  }
}
