interface Change {
  at: number;
  by: 1 | -1;
}

/**
 * The seats as the clients see them, by one clock. A client holds a seat from the moment when it has read the grant
 * until it sends the release. If a server counts differently, two clients hold one seat at the same time here.
 */
export class SeatHistory {
  private readonly changes: Change[] = [];

  /** Call it when the grant has been read. Call the returned function before the release is sent. */
  hold(): () => void {
    this.changes.push({ at: performance.now(), by: 1 });
    return () => this.changes.push({ at: performance.now(), by: -1 });
  }

  get grants(): number {
    return this.changes.filter((change) => change.by === 1).length;
  }

  /** The greatest number of seats held at any time. */
  get peak(): number {
    let held = 0;
    let peak = 0;
    // Ends first: a seat released and one acquired at the same time do not overlap.
    for (const change of this.changes.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
      held += change.by;
      peak = Math.max(peak, held);
    }
    return peak;
  }
}
