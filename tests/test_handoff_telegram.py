"""A talk with a person on Telegram and on Zalo: updates in, messages out, through the real
server."""

from __future__ import annotations

from pathlib import Path

from bot.model import Channel
from tests.fakes import serve, wait_until
from tests.fakes.duty import NAMES, Duty
from tests.fakes.small_search import small_known
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from webhook.app import create_app
from webhook.channels.telegram.adapter import PATH
from webhook.outreach import Outreach, Prepared
from webhook.settings import Settings

WAIT_S = 120.0
LAN = 7001


def test_what_a_person_writes_arrives_once_and_as_it_was_written(tmp_path: Path) -> None:
    duty = Duty(small_known(NAMES, tmp_path / "index"), tmp_path)
    clerk = duty.browser("lan")
    duty.desk([clerk.id])
    outreach = Outreach(Prepared(duty.notices), frozenset({Channel.TELEGRAM}), look_every_s=0.2)
    with FakeTelegram() as telegram:
        settings = Settings(
            _env_file=None,
            data_dir=tmp_path / "queue",
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=telegram.url,
        )
        app = create_app(settings, duty.assistant, readiness=lambda: True, outreach=outreach)
        with serve(app) as url:
            telegram.webhook = {"url": url + PATH, "secret_token": SECRET}
            telegram.user(LAN)
            telegram.say(LAN, "gặp người ở phường Hoàn Kiếm, Hà Nội")
            telegram.wait_for(LAN, 1, WAIT_S)
            telegram.press(LAN, "Đồng ý, chuyển cho tôi")
            assert "Bạn đứng thứ 1" in telegram.wait_for(LAN, 2, WAIT_S)[-1]
            clerk.send("/1/nhan")
            assert "đang ở đây" in telegram.wait_for(LAN, 3, WAIT_S)[-1]
            telegram.say(LAN, "tôi hỏi một câu")
            wait_until(lambda: "tôi hỏi một câu" in clerk.see("/1"), WAIT_S)
            for number in range(3):
                clerk.send("/1/viet", text=f"Câu <{number}> & *hết*", key=f"k{number}")
            heard = telegram.wait_for(LAN, 6, WAIT_S)
            assert [said.split("\n")[-1] for said in heard[3:]] == [
                f"Câu <{number}> & *hết*" for number in range(3)
            ]
            assert all("Cán bộ Lan (Một cửa Hoàn Kiếm)" in said for said in heard[3:])
            clerk.send("/1/tra-lai")
            telegram.wait_for(LAN, 7, WAIT_S)
            telegram.settle()
            assert len(telegram.transcript(LAN)) == 7
            telegram.webhook = {}
    duty.close()
