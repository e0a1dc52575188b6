;; The loops of a search, over the memory that holds all vectors (vector-memory.ts says how it is laid out).
;; `node scripts/vector-kernel.mjs` writes this into simd-kernel.ts; plain-kernel.ts does the same without WebAssembly.
(module
  (import "trimtab" "memory" (memory 1 65536))

  ;; Sign bits: for each of `count` codes whose distance from the query's is below `below`, writes distance and position
  ;; (`first` and on) at `out`. Every pair is written, and the next over it where it was too far: a jump that nobody can
  ;; predict takes longer. The scalar popcount is one instruction; summing up lanes of a SIMD one takes longer.
  (func (export "near")
    (param $codes i32) (param $count i32) (param $codeBytes i32) (param $query i32)
    (param $below i32) (param $first i32) (param $out i32) (result i32)
    (local $position i32) (local $end i32) (local $offset i32) (local $distance i64) (local $start i32)
    (if (i32.eq (local.get $codeBytes) (i32.const 32))
      (then (return (call $near256
        (local.get $codes) (local.get $count) (local.get $query)
        (local.get $below) (local.get $first) (local.get $out)))))
    (local.set $start (local.get $out))
    (local.set $position (local.get $first))
    (local.set $end (i32.add (local.get $first) (local.get $count)))
    (block $done
      (br_if $done (i32.eqz (local.get $count)))
      (loop $each
        (local.set $distance (i64.const 0))
        (local.set $offset (i32.const 0))
        (loop $pairs ;; of 64 bits
          (local.set $distance
            (i64.add
              (local.get $distance)
              (i64.add
                (i64.popcnt (i64.xor
                  (i64.load (i32.add (local.get $codes) (local.get $offset)))
                  (i64.load (i32.add (local.get $query) (local.get $offset)))))
                (i64.popcnt (i64.xor
                  (i64.load offset=8 (i32.add (local.get $codes) (local.get $offset)))
                  (i64.load offset=8 (i32.add (local.get $query) (local.get $offset))))))))
          (br_if $pairs
            (i32.lt_u
              (local.tee $offset (i32.add (local.get $offset) (i32.const 16)))
              (local.get $codeBytes))))
        (i32.store (local.get $out) (i32.wrap_i64 (local.get $distance)))
        (i32.store offset=4 (local.get $out) (local.get $position))
        (local.set $out
          (i32.add (local.get $out)
            (i32.shl (i32.lt_u (i32.wrap_i64 (local.get $distance)) (local.get $below)) (i32.const 3))))
        (local.set $codes (i32.add (local.get $codes) (local.get $codeBytes)))
        (br_if $each
          (i32.lt_u
            (local.tee $position (i32.add (local.get $position) (i32.const 1)))
            (local.get $end)))))
    (i32.shr_u (i32.sub (local.get $out) (local.get $start)) (i32.const 3)))

  ;; The same for 256 bits, the dimensions of the embedder that ships, with the query kept in registers: a third of the time.
  (func $near256
    (param $codes i32) (param $count i32) (param $query i32)
    (param $below i32) (param $first i32) (param $out i32) (result i32)
    (local $position i32) (local $end i32) (local $distance i32) (local $start i32)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (local.set $a (i64.load (local.get $query)))
    (local.set $b (i64.load offset=8 (local.get $query)))
    (local.set $c (i64.load offset=16 (local.get $query)))
    (local.set $d (i64.load offset=24 (local.get $query)))
    (local.set $start (local.get $out))
    (local.set $position (local.get $first))
    (local.set $end (i32.add (local.get $first) (local.get $count)))
    (block $done
      (br_if $done (i32.eqz (local.get $count)))
      (loop $each
        (local.set $distance
          (i32.wrap_i64
            (i64.add
              (i64.add
                (i64.popcnt (i64.xor (local.get $a) (i64.load (local.get $codes))))
                (i64.popcnt (i64.xor (local.get $b) (i64.load offset=8 (local.get $codes)))))
              (i64.add
                (i64.popcnt (i64.xor (local.get $c) (i64.load offset=16 (local.get $codes))))
                (i64.popcnt (i64.xor (local.get $d) (i64.load offset=24 (local.get $codes))))))))
        (i32.store (local.get $out) (local.get $distance))
        (i32.store offset=4 (local.get $out) (local.get $position))
        (local.set $out
          (i32.add (local.get $out)
            (i32.shl (i32.lt_u (local.get $distance) (local.get $below)) (i32.const 3))))
        (local.set $codes (i32.add (local.get $codes) (i32.const 32)))
        (br_if $each
          (i32.lt_u
            (local.tee $position (i32.add (local.get $position) (i32.const 1)))
            (local.get $end)))))
    (i32.shr_u (i32.sub (local.get $out) (local.get $start)) (i32.const 3)))

  ;; Of `count` pairs leaves the `wanted` of the least distance, in their order, of equals the first; gives the largest
  ;; distance that is left. `histogram` has a 32-bit number for each of `buckets` distances.
  (func (export "keep")
    (param $pairs i32) (param $count i32) (param $wanted i32) (param $histogram i32) (param $buckets i32) (result i32)
    (local $at i32) (local $end i32) (local $bucket i32) (local $target i32)
    (local $distance i32) (local $largest i32) (local $left i32)
    (local.set $end (i32.add (local.get $pairs) (i32.shl (local.get $count) (i32.const 3))))
    (local.set $at (local.get $histogram))
    (local.set $bucket (i32.add (local.get $histogram) (i32.shl (local.get $buckets) (i32.const 2))))
    (loop $clear
      (i32.store (local.get $at) (i32.const 0))
      (br_if $clear (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $bucket))))
    (local.set $at (local.get $pairs))
    (loop $tally
      (local.set $bucket
        (i32.add (local.get $histogram) (i32.shl (i32.load (local.get $at)) (i32.const 2))))
      (i32.store (local.get $bucket) (i32.add (i32.load (local.get $bucket)) (i32.const 1)))
      (br_if $tally (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
    ;; $left: how many of the largest distance stay.
    (local.set $left (local.get $wanted))
    (block $found
      (loop $up
        (local.set $bucket
          (i32.load (i32.add (local.get $histogram) (i32.shl (local.get $largest) (i32.const 2)))))
        (br_if $found (i32.ge_u (local.get $bucket) (local.get $left)))
        (local.set $left (i32.sub (local.get $left) (local.get $bucket)))
        (local.set $largest (i32.add (local.get $largest) (i32.const 1)))
        (br $up)))
    (local.set $at (local.get $pairs))
    (local.set $target (local.get $pairs))
    (loop $move
      (local.set $distance (i32.load (local.get $at)))
      (block $out
        (br_if $out (i32.gt_u (local.get $distance) (local.get $largest)))
        (if (i32.eq (local.get $distance) (local.get $largest))
          (then
            (br_if $out (i32.eqz (local.get $left)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))))
        (i64.store (local.get $target) (i64.load (local.get $at)))
        (local.set $target (i32.add (local.get $target) (i32.const 8))))
      (br_if $move (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
    (local.get $largest))

  ;; Dot products of the query, widened to 16 bits, with the 8-bit vectors at `count` addresses.
  (func (export "dots")
    (param $addresses i32) (param $count i32) (param $dimensions i32) (param $query i32) (param $out i32)
    (local $end i32) (local $vector i32) (local $vectorEnd i32) (local $widened i32) (local $sum v128)
    (local.set $end (i32.add (local.get $addresses) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (br_if $done (i32.eqz (local.get $count)))
      (loop $each
        (local.set $sum (v128.const i32x4 0 0 0 0))
        (local.set $widened (local.get $query))
        (local.set $vector (i32.load (local.get $addresses)))
        (local.set $vectorEnd (i32.add (local.get $vector) (local.get $dimensions)))
        (loop $sixteen
          (local.set $sum
            (i32x4.add
              (local.get $sum)
              (i32x4.add
                (i32x4.dot_i16x8_s
                  (v128.load8x8_s (local.get $vector))
                  (v128.load (local.get $widened)))
                (i32x4.dot_i16x8_s
                  (v128.load8x8_s offset=8 (local.get $vector))
                  (v128.load offset=16 (local.get $widened))))))
          (local.set $widened (i32.add (local.get $widened) (i32.const 32)))
          (br_if $sixteen
            (i32.lt_u
              (local.tee $vector (i32.add (local.get $vector) (i32.const 16)))
              (local.get $vectorEnd))))
        (i32.store
          (local.get $out)
          (i32.add
            (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
            (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (br_if $each
          (i32.lt_u
            (local.tee $addresses (i32.add (local.get $addresses) (i32.const 4)))
            (local.get $end)))))))
