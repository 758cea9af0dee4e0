(** * T5: natural frequencies and the Lorentz lift

    With a natural frequency, a skew matrix A, the oscillator moves by x' = A x + h - <h, x> x.
    This is the shadow x = y/s of a linear system y' = A y + h s, s' = <h, y>, whose flow keeps
    the Lorentz form |y|^2 - s^2. The oscillator rests where (l - A) x = h with |x| = 1, and
    between the two resting points the ratio of the distances decays exactly as e^(-l t). *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Curves.
Open Scope R_scope.

Definition matrix := nat -> nat -> R.

(** The matrix-vector product of dimension d. *)
Definition image (d : nat) (A : matrix) (x : vec) : vec := fun i => total d (fun j => A i j * x j).

Definition skew (d : nat) (A : matrix) : Prop :=
  forall i j, (i < d)%nat -> (j < d)%nat -> A i j = - A j i.

(** The velocity A x + h - <h, x> x. *)
Definition turning_velocity (d : nat) (A : matrix) (h x : vec) : vec :=
  sub (add (image d A x) h) (scale (dot d h x) x).

(** The curve [x] obeys x' = A x + h - <h, x> x on [[0, T]]. *)
Definition turns (d : nat) (A : matrix) (h : vec) (T : R) (x : R -> vec) : Prop :=
  moves d T x (fun s => turning_velocity d A h (x s)).

(** The curve [(y, s)] obeys the linear system y' = A y + s h, s' = <h, y> on [[0, T]]. *)
Definition lifted (d : nat) (A : matrix) (h : vec) (T : R) (y : R -> vec) (s : R -> R) : Prop :=
  moves d T y (fun t => add (image d A (y t)) (scale (s t) h)) /\
  (forall t, 0 <= t <= T -> is_derive s t (dot d h (y t))).

(** [x] is the point (l - A)^(-1) h: it solves l x - A x = h. *)
Definition resolves (d : nat) (A : matrix) (h : vec) (l : R) (x : vec) : Prop :=
  same d (sub (scale l x) (image d A x)) h.

Lemma turning_velocity_ext d (A : matrix) (p q x : vec) :
  same d p q -> same d (turning_velocity d A p x) (turning_velocity d A q x).
Proof.
  intros e i small. unfold turning_velocity, sub, add, scale.
  now rewrite (e i small), (dot_ext p q x x).
Qed.

Section Lift.
Context {d : nat} (A : matrix) (h : vec).
Hypothesis A_skew : skew d A.

Lemma image_scale a (x : vec) : same d (image d A (scale a x)) (scale a (image d A x)).
Proof.
  intros i small. unfold image, scale. rewrite <- total_scale. apply total_ext; intros; ring.
Qed.

Lemma skew_moves_over (x y : vec) : dot d x (image d A y) = - dot d (image d A x) y.
Proof.
  unfold dot, image.
  transitivity (total d (fun i => total d (fun j => A i j * (x i * y j)))).
  { apply total_ext; intros i _. rewrite <- total_scale. apply total_ext; intros; ring. }
  rewrite total_swap.
  replace (- total d (fun i => total d (fun j => A i j * x j) * y i))
    with (-1 * total d (fun i => total d (fun j => A i j * x j) * y i)) by ring.
  rewrite <- total_scale. apply total_ext; intros i small.
  transitivity ((-1 * y i) * total d (fun j => A i j * x j)); [|ring].
  rewrite <- total_scale. apply total_ext; intros j less.
  rewrite (A_skew j i) by easy. ring.
Qed.

Lemma skew_orthogonal (x : vec) : dot d x (image d A x) = 0.
Proof. pose proof (skew_moves_over x x) as e. rewrite (dot_comm (image d A x)) in e. lra. Qed.

(** T5, the lift: where (y, s) solves the linear system and s ≠ 0, x = y/s solves ẋ = Ax + h − ⟨h,
    x⟩x. *)
Theorem lift_projects (T : R) (y : R -> vec) (s : R -> R) :
  lifted d A h T y s -> (forall t, 0 <= t <= T -> s t <> 0) ->
  turns d A h T (fun t => scale (/ s t) (y t)).
Proof.
  intros [dy ds] some t inside i small.
  pose proof (dy t inside i small) as dyi. pose proof (ds t inside) as dst.
  pose proof (some t inside) as nonzero.
  evar_last.
  - unfold scale. apply (is_derive_mult (K := R_AbsRing) (fun u => / s u) (fun u => y u i));
      [apply is_derive_inv; [exact dst | exact nonzero] | exact dyi | exact Rmult_comm].
  - unfold turning_velocity, sub, add, plus, mult; simpl.
    rewrite (image_scale _ _ i small), (dot_scale_r (/ s t)).
    unfold scale. field. exact nonzero.
Qed.

(** T5, the way back: over a solution x of the oscillator, any s with ṡ = ⟨h, x⟩s makes (s x, s) a
    solution of the linear system. *)
Theorem lift_exists_over (T : R) (x : R -> vec) (s : R -> R) :
  turns d A h T x -> (forall t, 0 <= t <= T -> is_derive s t (dot d h (x t) * s t)) ->
  lifted d A h T (fun t => scale (s t) (x t)) s.
Proof.
  intros motion ds. split.
  - intros t inside i small. evar_last.
    + unfold scale. apply (is_derive_mult (K := R_AbsRing) s (fun u => x u i));
        [now apply ds | now apply motion | exact Rmult_comm].
    + unfold turning_velocity, sub, add, plus, mult; simpl.
      rewrite (image_scale _ _ i small). unfold scale. ring.
  - intros t inside. evar_last; [now apply ds|]. rewrite dot_scale_r. ring.
Qed.

(** T5, the Lorentz form: ‖y‖² − s² is constant along the linear flow. *)
Theorem lorentz_form_is_kept (T : R) (y : R -> vec) (s : R -> R) :
  lifted d A h T y s ->
  forall t, 0 <= t <= T ->
  dot d (y t) (y t) - s t * s t = dot d (y 0) (y 0) - s 0 * s 0.
Proof.
  intros [dy ds] t inside. apply Rminus_diag_uniq.
  apply (stays_zero (fun u => dot d (y u) (y u) - s u * s u - (dot d (y 0) (y 0) - s 0 * s 0))
           (fun _ => 0) 0 T); try exact inside; [ring | | intros; rewrite Rabs_R0; lra].
  intros u time.
  assert (slope : forall (f g : R -> R) (c v w : R), is_derive f u v -> is_derive g u w ->
            is_derive (fun r => f r - g r * g r - c) u (v - 2 * g u * w)).
  { intros f g c v w df dg. auto_derive; [repeat split; solve [now exists v | now exists w]|].
    change (fun r : R => f r) with f. change (fun r : R => g r) with g.
    rewrite (is_derive_unique _ _ _ df), (is_derive_unique _ _ _ dg). ring. }
  evar_last; [apply slope; [apply is_derive_norm2, dy, time | now apply ds]|].
  rewrite dot_add_r, dot_scale_r, skew_orthogonal, (dot_comm h). ring.
Qed.

Lemma resolves_level (l : R) (x : vec) :
  resolves d A h l x -> unit_vector d x -> dot d h x = l.
Proof.
  intros solves on_sphere.
  rewrite (dot_ext h (sub (scale l x) (image d A x)) x x) by
    (try easy; intros i small; now rewrite solves).
  rewrite dot_sub_l, dot_scale_l, on_sphere, (dot_comm (image d A x)), skew_orthogonal. ring.
Qed.

(** T5, resting points: a unit vector x is at rest exactly if (λ − A)x = h for some λ, and then λ
    = ⟨h, x⟩. *)
Theorem rest_is_resolvent (x : vec) :
  unit_vector d x ->
  (same d (turning_velocity d A h x) origin <-> exists l, resolves d A h l x /\ dot d h x = l).
Proof.
  intros on_sphere. unfold resolves, turning_velocity, same, sub, add, scale, origin. split.
  - intros rest. exists (dot d h x). split; [|reflexivity].
    intros i small. specialize (rest i small). lra.
  - intros [l [solves level]] i small. rewrite level. specialize (solves i small). lra.
Qed.

(** T5, resting points from the resolvent: a unit vector x with (λ − A)x = h is at rest, and ⟨h,
    x⟩ = λ. *)
Theorem resolvent_rests (l : R) (x : vec) :
  resolves d A h l x -> unit_vector d x ->
  same d (turning_velocity d A h x) origin /\ dot d h x = l.
Proof.
  intros solves on_sphere. pose proof (resolves_level l x solves on_sphere) as level.
  split; [|exact level]. apply rest_is_resolvent; [exact on_sphere|]. now exists l.
Qed.
End Lift.
