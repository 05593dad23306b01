-- lease_row()
-- Make the lease's only row, held by nobody.
insert into lease (id, epoch, address, expires) values (1, 0, '', 0) on conflict (id) do nothing;

-- lease_grab(address: str, now: i64, expires: i64) -> one { epoch: i64 }
-- Take the lease under a new epoch if it is free, or was this address's before.
update lease set epoch = epoch + 1, address = :address, expires = :expires
where id = 1 and (expires <= :now or address = :address) returning epoch;

-- lease_extend(epoch: i64, expires: i64) -> one { epoch: i64 }
-- Hold on to the lease, which nobody has taken since.
update lease set expires = :expires where id = 1 and epoch = :epoch returning epoch;

-- lease_hold(epoch: i64) -> one { epoch: i64 }
-- Is this epoch the newest? On PostgreSQL the row stays as it is until this transaction ends.
-- pg: select epoch from lease where id = 1 and epoch = :epoch for share
select epoch from lease where id = 1 and epoch = :epoch;
