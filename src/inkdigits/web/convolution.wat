;; Convolution of one image, four places and eight filters at a time: thirty-two sums in eight vectors;
;; and the largest numbers of windows of what it makes, which with the window of one place and the
;; floor 0 is ReLU.
;; `make wasm` compiles it to `static/convolution.wasm`, which `static/convolution.js` calls.
;; All places and steps are in bytes, all numbers float32.
(module
  (memory (export "memory") 1)

  ;; Map numbers lie channel by channel within a place, places within a row, rows within the image,
  ;; which has its margins. A kernel covers `high` lines of `run` bytes. The numbers of eight filters
  ;; lie side by side, in the order in which the kernel meets the image; tile follows tile.
  ;; An output place has all filters side by side; of a row there are `wide` places, in fours.
  (func (export "convolve")
    (param $image i32) (param $weights i32) (param $bias i32) (param $output i32)
    (param $rows i32) (param $wide i32) (param $high i32) (param $run i32)
    (param $line i32) ;; from a line of the image to the next
    (param $down i32) ;; from a row of the output to the next, in the image
    (param $across i32) ;; from a place of the output to the next, in the image
    (param $tiles i32)
    (local $tile i32) (local $row i32) (local $place i32) (local $j i32)
    (local $start i32) (local $from i32) (local $end i32) (local $weight i32) (local $to i32)
    (local $second i32) (local $third i32) (local $step i32) (local $size i32)
    (local $x v128) (local $v v128) (local $w v128)
    (local $a0 v128) (local $a1 v128) (local $b0 v128) (local $b1 v128)
    (local $c0 v128) (local $c1 v128) (local $d0 v128) (local $d1 v128)
    (local.set $second (i32.shl (local.get $across) (i32.const 1)))
    (local.set $third (i32.add (local.get $second) (local.get $across)))
    (local.set $step (i32.shl (local.get $tiles) (i32.const 5))) ;; an output place
    ;; Eight filters' numbers, eight times those that a kernel has.
    (local.set $size
      (i32.shl (i32.mul (local.get $high) (local.get $run)) (i32.const 3)))
    (loop $tiles_left
      (local.set $row (i32.const 0))
      (local.set $to (i32.add (local.get $output) (i32.shl (local.get $tile) (i32.const 5))))
      (loop $rows_left
        (local.set $place (i32.const 0))
        (local.set $start
          (i32.add (local.get $image) (i32.mul (local.get $row) (local.get $down))))
        (loop $places_left
          (local.set $v (v128.load (local.get $bias)))
          (local.set $w (v128.load offset=16 (local.get $bias)))
          (local.set $a0 (local.get $v)) (local.set $a1 (local.get $w))
          (local.set $b0 (local.get $v)) (local.set $b1 (local.get $w))
          (local.set $c0 (local.get $v)) (local.set $c1 (local.get $w))
          (local.set $d0 (local.get $v)) (local.set $d1 (local.get $w))
          (local.set $weight (local.get $weights))
          (local.set $j (i32.const 0))
          (loop $lines_left
            (local.set $from
              (i32.add (local.get $start) (i32.mul (local.get $j) (local.get $line))))
            (local.set $end (i32.add (local.get $from) (local.get $run)))
            (loop $numbers_left
              (local.set $v (v128.load (local.get $weight)))
              (local.set $w (v128.load offset=16 (local.get $weight)))
              (local.set $x (v128.load32_splat (local.get $from)))
              (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (local.get $x) (local.get $v))))
              (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (local.get $x) (local.get $w))))
              (local.set $x
                (v128.load32_splat (i32.add (local.get $from) (local.get $across))))
              (local.set $b0 (f32x4.add (local.get $b0) (f32x4.mul (local.get $x) (local.get $v))))
              (local.set $b1 (f32x4.add (local.get $b1) (f32x4.mul (local.get $x) (local.get $w))))
              (local.set $x
                (v128.load32_splat (i32.add (local.get $from) (local.get $second))))
              (local.set $c0 (f32x4.add (local.get $c0) (f32x4.mul (local.get $x) (local.get $v))))
              (local.set $c1 (f32x4.add (local.get $c1) (f32x4.mul (local.get $x) (local.get $w))))
              (local.set $x
                (v128.load32_splat (i32.add (local.get $from) (local.get $third))))
              (local.set $d0 (f32x4.add (local.get $d0) (f32x4.mul (local.get $x) (local.get $v))))
              (local.set $d1 (f32x4.add (local.get $d1) (f32x4.mul (local.get $x) (local.get $w))))
              (local.set $weight (i32.add (local.get $weight) (i32.const 32)))
              (br_if $numbers_left
                (i32.lt_u
                  (local.tee $from (i32.add (local.get $from) (i32.const 4)))
                  (local.get $end))))
            (br_if $lines_left
              (i32.lt_u
                (local.tee $j (i32.add (local.get $j) (i32.const 1)))
                (local.get $high))))
          (v128.store (local.get $to) (local.get $a0))
          (v128.store offset=16 (local.get $to) (local.get $a1))
          (local.set $to (i32.add (local.get $to) (local.get $step)))
          (v128.store (local.get $to) (local.get $b0))
          (v128.store offset=16 (local.get $to) (local.get $b1))
          (local.set $to (i32.add (local.get $to) (local.get $step)))
          (v128.store (local.get $to) (local.get $c0))
          (v128.store offset=16 (local.get $to) (local.get $c1))
          (local.set $to (i32.add (local.get $to) (local.get $step)))
          (v128.store (local.get $to) (local.get $d0))
          (v128.store offset=16 (local.get $to) (local.get $d1))
          (local.set $to (i32.add (local.get $to) (local.get $step)))
          (local.set $start
            (i32.add (local.get $start) (i32.shl (local.get $across) (i32.const 2))))
          (br_if $places_left
            (i32.lt_u
              (local.tee $place (i32.add (local.get $place) (i32.const 4)))
              (local.get $wide))))
        (br_if $rows_left
          (i32.lt_u
            (local.tee $row (i32.add (local.get $row) (i32.const 1)))
            (local.get $rows))))
      (local.set $weights (i32.add (local.get $weights) (local.get $size)))
      (local.set $bias (i32.add (local.get $bias) (i32.const 32)))
      (br_if $tiles_left
        (i32.lt_u
          (local.tee $tile (i32.add (local.get $tile) (i32.const 1)))
          (local.get $tiles)))))

  ;; Of maps that lie as an output does the largest number of each window, channel by channel, or
  ;; `floor` where that is larger. What is made lies without gaps.
  (func (export "largest")
    (param $maps i32) (param $to i32)
    (param $rows i32) (param $columns i32) ;; of what is made
    (param $high i32) (param $wide i32) ;; of a window, in places
    (param $line i32) ;; from a row of the maps to the next
    (param $size i32) ;; of a place
    (param $down i32) (param $across i32) ;; from a window to the next, in the maps
    (param $floor f32)
    (local $row i32) (local $column i32) (local $channel i32) (local $j i32) (local $i i32)
    (local $start i32) (local $from i32) (local $most v128)
    (loop $rows_left
      (local.set $column (i32.const 0))
      (local.set $start (i32.add (local.get $maps) (i32.mul (local.get $row) (local.get $down))))
      (loop $columns_left
        (local.set $channel (i32.const 0))
        (loop $channels_left
          (local.set $most (f32x4.splat (local.get $floor)))
          (local.set $j (i32.const 0))
          (loop $lines_left
            (local.set $from
              (i32.add
                (i32.add (local.get $start) (local.get $channel))
                (i32.mul (local.get $j) (local.get $line))))
            (local.set $i (i32.const 0))
            (loop $places_left
              (local.set $most (f32x4.max (local.get $most) (v128.load (local.get $from))))
              (local.set $from (i32.add (local.get $from) (local.get $size)))
              (br_if $places_left
                (i32.lt_u
                  (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                  (local.get $wide))))
            (br_if $lines_left
              (i32.lt_u
                (local.tee $j (i32.add (local.get $j) (i32.const 1)))
                (local.get $high))))
          (v128.store (local.get $to) (local.get $most))
          (local.set $to (i32.add (local.get $to) (i32.const 16)))
          (br_if $channels_left
            (i32.lt_u
              (local.tee $channel (i32.add (local.get $channel) (i32.const 16)))
              (local.get $size))))
        (local.set $start (i32.add (local.get $start) (local.get $across)))
        (br_if $columns_left
          (i32.lt_u
            (local.tee $column (i32.add (local.get $column) (i32.const 1)))
            (local.get $columns))))
      (br_if $rows_left
        (i32.lt_u
          (local.tee $row (i32.add (local.get $row) (i32.const 1)))
          (local.get $rows)))))
)
