"""Sketches of input."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sketches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("session", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=False),
        sa.Column("signature", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=True),
        sa.Column("stretch", sa.LargeBinary(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("sketches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sketches_at_us"), ["at_us"], unique=False)
        batch_op.create_index(batch_op.f("ix_sketches_session"), ["session"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sketches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sketches_session"))
        batch_op.drop_index(batch_op.f("ix_sketches_at_us"))
    op.drop_table("sketches")
