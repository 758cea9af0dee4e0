(** * T5: when an oscillator locks, on every device

    If the resolvent (l0 - A)^(-1) h is longer than 1 for some l0 > 0, there is exactly one level
    l > l0 at which it is a unit vector, and the oscillator locks at it with the rate l. A margin
    makes that so for every skew A' and drive h' near A and h. *)

From Coq Require Import Reals Lra Lia Ranalysis5.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Curves Lift Locking Resolvent.
Open Scope R_scope.

(** The oscillator locks at [attractor], from every start but [repeller], with the rate [l]. *)
Definition locks (d : nat) (A : matrix) (h : vec) (l : R) (attractor repeller : vec) : Prop :=
  unit_vector d attractor /\ unit_vector d repeller /\
  same d (turning_velocity d A h attractor) origin /\
  same d (turning_velocity d A h repeller) origin /\
  forall (T : R) (x : R -> vec), turns d A h T x -> unit_vector d (x 0) ->
  ~ same d (x 0) repeller -> forall t, 0 <= t <= T ->
  norm d (sub (x t) attractor)
    <= 2 * (norm d (sub (x 0) attractor) / norm d (sub (x 0) repeller)) * exp (- (l * t)).

Section Lock.
Context {d : nat} (A : matrix) (h : vec).
Hypothesis A_skew : skew d A.

(** The level -l has a resolvent as long as the level l. *)
Lemma mirror (l : R) (x : vec) :
  0 < l -> resolves d A h l x ->
  exists y, resolves d A h (- l) y /\ dot d y y = dot d x x.
Proof.
  intros l_sign solves.
  (* x = (l + A) w for the w with (l - A)(l + A) w = h; then y = -(l - A) w. *)
  pose (B := fun i j => - A i j).
  assert (B_skew : skew d B).
  { intros i j small less. unfold B. rewrite (A_skew i j) by easy. ring. }
  assert (B_image : forall v i, image d B v i = - image d A v i).
  { intros v i. unfold image, B. replace (- total d (fun j => A i j * v j))
      with (-1 * total d (fun j => A i j * v j)) by ring.
    rewrite <- total_scale. apply total_ext; intros; ring. }
  pose proof (resolvent_exists B B_skew x l l_sign) as half.
  set (w := resolvent_point d B x l) in *.
  assert (x_w : same d x (add (scale l w) (image d A w))).
  { intros i small. specialize (half i small). unfold sub, scale, add in *.
    rewrite B_image in half. lra. }
  exists (sub (image d A w) (scale l w)). split.
  - intros i small. rewrite <- (solves i small).
    pose proof (image_sub d A (image d A w) (scale l w) i small) as of_y.
    pose proof (image_scale A l w i small) as of_scaled.
    pose proof (image_ext d A x _ x_w i small) as of_x.
    pose proof (image_add d A (scale l w) (image d A w) i small) as sum.
    pose proof (x_w i small) as x_i.
    set (y := sub (image d A w) (scale l w)) in *.
    change (scale (- l) y i - image d A y i = scale l x i - image d A x i).
    rewrite of_y, of_x, sum. unfold y, sub, add, scale in *. rewrite of_scaled, x_i. ring.
  - rewrite (dot_ext x _ x _ x_w x_w), dot_difference, !dot_scale_l, !dot_scale_r.
    rewrite !dot_add_l, !dot_add_r, !dot_scale_l, !dot_scale_r.
    rewrite (dot_comm (image d A w) w), (skew_orthogonal A A_skew). ring.
Qed.

(** T5, when it locks: if (λ₀ − A)⁻¹h is longer than 1 for some λ₀ > 0, the oscillator locks with a
    rate λ > λ₀: it rests at two points, and every start but one of them reaches the other as
    e^(−λt). *)
Theorem long_resolvent_locks (l0 : R) (y0 : vec) :
  0 < l0 -> resolves d A h l0 y0 -> 1 < norm d y0 ->
  exists l attractor repeller, l0 < l /\ locks d A h l attractor repeller.
Proof.
  intros l0_sign solves long.
  pose (length := fun l => norm d (resolvent_point d A h l)).
  assert (start : 1 < length l0).
  { unfold length. rewrite (norm_ext _ y0); [exact long|].
    apply same_by_distance.
    pose proof (solution_difference A l0 l0 h h _ _ (resolvent_exists A A_skew h l0 l0_sign)
      solves) as equal.
    pose proof (solution_short A A_skew l0 _ _ l0_sign equal) as short.
    rewrite (norm_ext (add (sub h h) (scale (l0 - l0) y0)) (scale 0 h)), norm_scale, Rabs_R0
      in short by (intros i _; unfold add, sub, scale; ring).
    pose proof (norm_nonneg (d := d) (sub (resolvent_point d A h l0) y0)).
    rewrite <- norm_square. replace (norm d (sub (resolvent_point d A h l0) y0)) with 0 by nra.
    ring. }
  pose (far := l0 + norm d h + 1). pose proof (norm_nonneg (d := d) h) as h_sign.
  assert (finish : length far < 1).
  { pose proof (solution_short A A_skew far _ _ ltac:(unfold far; lra)
      (resolvent_exists A A_skew h far ltac:(unfold far; lra))) as short.
    fold (length far) in short. apply (Rmult_lt_reg_l far); unfold far in *; lra. }
  destruct (IVT_interv (fun l => 1 - length l) l0 far) as [l [range level]].
  - intros l range. apply continuity_pt_minus; [now apply continuity_pt_const|].
    apply (resolvent_length_continuous A A_skew h). lra.
  - unfold far. lra.
  - lra.
  - lra.
  - assert (later : l0 < l).
    { destruct (proj1 range) as [yes|e]; [exact yes|]. subst l. lra. }
    assert (on_x : unit_vector d (resolvent_point d A h l)).
    { unfold unit_vector. rewrite <- norm_square. fold (length l).
      replace (length l) with 1 by lra. ring. }
    pose proof (resolvent_exists A A_skew h l ltac:(lra)) as x_solves.
    destruct (mirror l _ ltac:(lra) x_solves) as [y [y_solves y_long]].
    assert (on_y : unit_vector d y) by (unfold unit_vector; now rewrite y_long).
    exists l, (resolvent_point d A h l), y. split; [exact later|].
    split; [exact on_x|]. split; [exact on_y|].
    split; [now apply (resolvent_rests A h A_skew l)|].
    split; [now apply (resolvent_rests A h A_skew (- l))|].
    intros T x motion on_start away t time.
    apply (attractor_attracts A h A_skew T x motion on_start l _ y); assumption.
Qed.

(** T5, no lock without it: if the oscillator has a resting point of level λ > 0, the resolvent is
    longer than 1 at every level below λ. *)
Theorem locking_needs_length (l m : R) (x y : vec) :
  ~ same d h origin -> 0 <= m < l -> resolves d A h l x -> unit_vector d x ->
  resolves d A h m y -> 1 < dot d y y.
Proof.
  intros driven order x_solves on_x y_solves. rewrite <- on_x.
  now apply (resolvent_decreases A h A_skew m l y x).
Qed.
End Lock.

(** T5, every device: if y = (λ₀ − A)⁻¹h has ‖y‖(λ₀ − ω) > λ₀ + e, every device with a skew A' and a
    drive h', ‖(A' − A)v‖ ≤ ω‖v‖ for all v and ‖h' − h‖ ≤ e, locks with a rate above λ₀. *)
Theorem every_device_locks (d : nat) (A A' : matrix) (h h' y : vec) (l0 omega e : R) :
  skew d A' -> 0 < l0 -> resolves d A h l0 y ->
  (forall v, norm d (sub (image d A' v) (image d A v)) <= omega * norm d v) ->
  norm d (sub h' h) <= e -> l0 + e < norm d y * (l0 - omega) ->
  exists l attractor repeller, l0 < l /\ locks d A' h' l attractor repeller.
Proof.
  intros skew' l0_sign solves frequency drive margin.
  pose proof (resolvent_exists A' skew' h' l0 l0_sign) as device.
  apply (long_resolvent_locks A' h' skew' l0 (resolvent_point d A' h' l0) l0_sign device).
  set (x := resolvent_point d A' h' l0) in *.
  (* On the device the old point solves the equation for h + (A - A') y. *)
  assert (old : resolves d A' (sub h (sub (image d A' y) (image d A y))) l0 y).
  { intros i small. pose proof (solves i small) as ey. unfold sub, scale in *. lra. }
  pose proof (solution_short A' skew' l0 _ _ l0_sign
    (solution_difference A' l0 l0 _ _ x y device old)) as short.
  rewrite (norm_ext (add _ _) (add (sub h' h) (sub (image d A' y) (image d A y)))) in short by
    (intros i _; unfold add, sub, scale; ring).
  pose proof (norm_triangle (d := d) (sub h' h) (sub (image d A' y) (image d A y))) as both.
  specialize (frequency y).
  assert (near : norm d y <= norm d (sub x y) + norm d x).
  { rewrite (norm_ext y (add (scale (-1) (sub x y)) x)).
    - eapply Rle_trans; [apply norm_triangle|]. rewrite norm_scale, Rabs_minus_one. lra.
    - intros i _. unfold add, sub, scale. ring. }
  nra.
Qed.
