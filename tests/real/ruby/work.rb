# Regular expressions, hashing, files, numbers, without the standard library.
folder = ARGV[0]
srand(42)
words = %w[reef keel mast sail hull rope tide wind]
text = Array.new(300) { |i| (0..11).map { |j| words[(i * 7 + j * 3) % 8] + ((i * 31 + j * 17) % 100).to_s }.join(" ") }.join("\n")

puts text.scan(/\b([a-z]+)(?=\d*7\b)/).flatten.tally.sort.inspect
puts text.gsub(/(?<vowel>[aeiou])(?<digit>\d)/, '\k<digit>\k<vowel>')[0, 100]
puts "2024-02-29"[/\A(\d{4})-(\d\d)-(\d\d)\z/, 2]
puts "pröa ⛵".unicode_normalize(:nfd).length rescue puts "no tables"
puts "pröa ⛵".bytes.inspect, "pröa ⛵".reverse.upcase

def fnv1a(text)
  text.each_byte.reduce(0xcbf29ce484222325) { |hash, byte| ((hash ^ byte) * 0x100000001b3) & 0xffffffffffffffff }
end
puts fnv1a(text).to_s(16)
puts [text].pack("m0")[0, 60], [1, 2.5, "x"].pack("NEa4").unpack("NEa4").inspect

path = File.join(folder, "made")
Dir.mkdir(path)
File.open(File.join(path, "rows"), "w") { |file| 1000.times { |i| file.puts "#{i},#{i**3}" } }
puts File.foreach(File.join(path, "rows")).sum { |line| line.split(",")[1].to_i }
File.open(File.join(path, "rows"), "r+") do |file|
  file.seek(100)
  puts file.read(12).inspect
  file.truncate(200)
end
puts File.size(File.join(path, "rows"))
File.rename(File.join(path, "rows"), File.join(path, "moved"))
puts Dir.children(path).inspect
begin
  File.read(File.join(path, "absent"))
rescue SystemCallError => e
  puts e.class
end
File.delete(File.join(path, "moved"))
Dir.rmdir(path)
puts Dir.exist?(path)

puts 3.pow(2**61 - 2, 2**61 - 1), (2**20000).to_s.length, 10.0 / 3, 2**0.5, Rational(355, 113)**5
puts (2..20000).select { |n| (2..Integer.sqrt(n)).none? { |d| (n % d).zero? } }.then { |p| [p.length, p.last, p.sum].inspect }

Point = Struct.new(:x, :y) do
  def +(other) = Point.new(x + other.x, y + other.y)
end
puts (Point.new(1, 2) + Point.new(3, 4)).inspect
case { kind: "point", at: [1, 2] }
in { kind: "point", at: [x, y] } then puts x + y
end
numbers = Enumerator.new { |y| a, b = 0, 1; loop { y << a; a, b = b, a + b } }
puts numbers.lazy.select(&:even?).first(10).inspect
fiber = Fiber.new { 3.times { |i| Fiber.yield i * i }; :done }
puts 4.times.map { fiber.resume }.inspect
def depth(n) = depth(n + 1)
begin
  depth(0)
rescue SystemStackError
  puts "recursion is bounded"
end
begin
  raise ArgumentError, "asked for"
rescue => e
  puts "#{e.class}: #{e.message}"
ensure
  puts "ensured"
end
catch(:out) { 10.times { |i| 10.times { |j| throw :out if i * j == 42 } } }
puts ObjectSpace.respond_to?(:garbage_collect), 20000.times.map { |i| "s#{i}" }.uniq.length
puts format("%08.3f|%-6s|%+d|%x", 3.14159, "ab", 7, 255)
