! A network learns a damped pendulum's next move, from Fortran. All of agc that it
! needs is the module and the object that agc_add_step made.
program fit
  use pendulum
  implicit none

  character(kind=c_char), allocatable, target :: memory(:)
  type(c_ptr) :: state, workspace
  type(pendulum_batch) :: batch
  type(pendulum_hyper) :: hyper
  real(c_float), target :: x(4), y(2)
  real(c_float) :: loss, angle, speed, push, first, last
  integer :: tick
  integer, parameter :: ticks = 20000

  allocate(memory(pendulum_state_bytes + pendulum_workspace_bytes + 128))
  state = aligned(c_loc(memory(1)))
  workspace = aligned(c_loc(memory(pendulum_state_bytes + 65)))
  call check(pendulum_init(state, 1_c_int64_t))

  batch%x = c_loc(x)
  batch%target = c_loc(y)
  hyper%lr = 0.02
  angle = 1
  speed = 0
  push = 0
  first = 0
  last = 0
  do tick = 1, ticks
    x = [sin(angle), cos(angle), speed, push]
    speed = speed + 0.05 * (push - 0.2 * speed - sin(angle))
    angle = angle + 0.05 * speed
    y = [sin(angle) - x(1), speed - x(3)]
    push = 0.9 * push + 0.2 * sin(0.37 * mod(tick, 1000))
    call check(pendulum_train_step(state, batch, hyper, loss, workspace, c_null_ptr))
    if (tick <= 1000) first = first + loss / 1000
    if (tick > ticks - 1000) last = last + loss / 1000
  end do
  print '(a, es9.2, a, es9.2)', 'loss at first', first, ', at last', last
  if (last >= first) stop 1

contains

  type(c_ptr) function aligned(at)
    type(c_ptr), intent(in) :: at
    integer(c_intptr_t) :: address
    address = iand(transfer(at, address) + 63, not(63_c_intptr_t))
    aligned = transfer(address, aligned)
  end function aligned

  subroutine check(status)
    integer(c_int32_t), intent(in) :: status
    character(kind=c_char), pointer :: text(:)
    integer :: i
    if (status == pendulum_ok) return
    call c_f_pointer(pendulum_strerror(status), text, [200])
    i = 1
    do while (text(i) /= c_null_char)
      i = i + 1
    end do
    print *, text(1:i - 1)
    stop 1
  end subroutine check
end program fit
