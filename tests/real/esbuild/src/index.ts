import { Fleet, type Boat } from "./fleet";
import data from "./boats.json";
import text from "./motto.txt";

enum Wind { Calm, Breeze = 5, Gale = 9 }

declare const DEBUG: boolean;

const fleet = new Fleet<Boat>(data as Boat[]);

export async function report(wind: Wind = Wind.Breeze): Promise<string> {
  if (DEBUG) console.log("never in the output");
  const { fastest, ...rest } = await fleet.summary();
  return `${text.trim()} ${fastest?.name ?? "none"} ${Object.keys(rest).length} ${Wind[wind]}`;
}

report().then(console.log);
