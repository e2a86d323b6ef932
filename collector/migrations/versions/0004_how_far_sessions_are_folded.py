"""How far sessions are folded."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("folded", sa.Integer(), server_default="0", nullable=False))
    # until now every batch was folded when it came
    op.execute("UPDATE sessions SET folded = COALESCE((SELECT MAX(seq) FROM batches WHERE batches.session = sessions.id), 0)")


def downgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("folded")
