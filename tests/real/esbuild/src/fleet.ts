export interface Boat { name: string; knots: number; tags?: readonly string[] }

function logged(_target: unknown, key: string, descriptor: PropertyDescriptor) {
  const call = descriptor.value;
  descriptor.value = function (...args: unknown[]) { return call.apply(this, args); };
  return descriptor;
}

export class Fleet<T extends Boat> {
  #boats: T[];
  private static count = 0;
  constructor(boats: T[], public readonly label = "fleet") { this.#boats = boats; Fleet.count++; }

  @logged
  async summary() {
    const fastest = this.#boats.reduce<T | undefined>((best, boat) => (best && best.knots >= boat.knots ? best : boat), undefined);
    return { fastest, total: this.#boats.length, tags: new Set(this.#boats.flatMap((boat) => boat.tags ?? [])) };
  }
}

export function unused(): never { throw new Error("shaken out of the bundle"); }
