<?php
// JSON, regular expressions, hashing, files, numbers: the same everywhere.
$folder = '/data';
$words = ['reef', 'keel', 'mast', 'sail', 'hull', 'rope', 'tide', 'wind'];
$lines = [];
for ($i = 0; $i < 400; $i++) {
    $line = [];
    for ($j = 0; $j < 12; $j++)
        $line[] = $words[($i * 7 + $j * 3) % 8] . (($i * 31 + $j * 17) % 100);
    $lines[] = implode(' ', $line);
}
$text = implode("\n", $lines);

$value = ['name' => 'pröa ⛵', 'list' => [1, 2.5, -3e10, null, true], 'deep' => ['a' => ['b' => []]], 'text' => "tab\t\"q\""];
echo json_encode($value), "\n", json_encode($value, JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE), "\n";
var_dump(json_decode(json_encode($value), true) == $value);
try {
    json_decode('{"a": [1, 2,}', false, 512, JSON_THROW_ON_ERROR);
} catch (JsonException $e) {
    echo $e->getMessage(), "\n";
}

preg_match_all('/\b([a-z]+)(?=\d*7\b)/', $text, $found);
$counts = array_count_values($found[1]);
ksort($counts);
echo json_encode($counts), "\n";
echo substr(preg_replace('/(?<v>[aeiou])(\d)/', '$2$1', $text), 0, 100), "\n";
echo preg_replace_callback('/\p{Lu}/u', fn($m) => mb_strtolower($m[0]) ?? '', 'ÄÖÜ pröa') ?? 'none', "\n";

foreach (['md5', 'sha1', 'sha256', 'sha512', 'sha3-256', 'crc32b', 'xxh64', 'whirlpool'] as $name)
    echo $name, ' ', hash($name, $text), "\n";
echo hash_hmac('sha256', $text, 'key'), ' ', base64_encode(md5($text, true)), "\n";

mkdir("$folder/made/a/b", 0777, true);
$file = fopen("$folder/made/a/rows.csv", 'w');
for ($i = 0; $i < 1000; $i++)
    fputcsv($file, [$i, $i ** 3, "row \"$i\""]);
fclose($file);
$sum = 0;
$file = fopen("$folder/made/a/rows.csv", 'r+');
while (($row = fgetcsv($file)) !== false)
    $sum += (int) $row[1];
fseek($file, 100);
echo $sum, ' ', json_encode(fread($file, 12)), ' ', ftell($file), "\n";
ftruncate($file, 200);
fclose($file);
clearstatcache();
echo filesize("$folder/made/a/rows.csv"), "\n";
rename("$folder/made/a/rows.csv", "$folder/made/moved");
$names = array_diff(scandir("$folder/made"), ['.', '..']);
sort($names);
echo json_encode($names), "\n";
var_dump(@file_get_contents("$folder/made/absent"));
unlink("$folder/made/moved");
rmdir("$folder/made/a/b");
rmdir("$folder/made/a");
rmdir("$folder/made");
var_dump(file_exists("$folder/made"));

$primes = array_values(array_filter(range(2, 20000), function ($n) {
    for ($d = 2; $d * $d <= $n; $d++)
        if ($n % $d == 0)
            return false;
    return true;
}));
echo count($primes), ' ', end($primes), ' ', array_sum($primes), "\n";
echo 10 / 3, ' ', 2 ** 0.5, ' ', PHP_INT_MAX + 1, ' ', intdiv(-7, 2), ' ', fmod(-7, 3), ' ', 0.1 + 0.2, "\n";
printf("%08.3f|%-6s|%+d|%x|%'*10s\n", 3.14159, 'ab', 7, 255, 'star');
mt_srand(42);
echo mt_rand(), ' ', mt_rand(), ' ', mt_rand(1, 6), "\n";

interface Shape { public function area(): float; }
final class Square implements Shape {
    public function __construct(private readonly float $side) {}
    public function area(): float { return $this->side ** 2; }
}
enum Suit: string { case Hearts = 'H'; case Spades = 'S'; }
function numbers(int $to): Generator { for ($i = 0; $i < $to; $i++) yield $i => $i * $i; }
echo (new Square(1.5))->area(), ' ', Suit::from('S')->name, ' ', array_sum(iterator_to_array(numbers(100))), "\n";
try {
    (function (int $n) { return $n; })('x');
} catch (TypeError $e) {
    echo get_class($e), "\n";
} finally {
    echo "finally\n";
}
echo serialize(['a' => 1, 'b' => [true, null]]), ' ', strlen(str_repeat($text, 50)), "\n";
$many = [];
for ($i = 0; $i < 50000; $i++)
    $many["k$i"] = $i;
krsort($many, SORT_NATURAL);
echo array_key_first($many), ' ', count($many), "\n";
